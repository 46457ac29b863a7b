/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-avatar.h"

#include <math.h>

#define MAX_PICTURE_BYTES (8 * 1024 * 1024)

/**
 * MoorAvatar:
 *
 * A person's picture in a circle; without one, their initials on a colour that
 * is always the same for the same login name.
 */
struct _MoorAvatar
{
  GtkDrawingArea parent_instance;

  GCancellable *cancellable;
  GdkPixbuf *pixbuf;
  char *initials;
  guint colour;
};

G_DEFINE_FINAL_TYPE (MoorAvatar, moor_avatar, GTK_TYPE_DRAWING_AREA)

/* White on each of these has a contrast of at least 4.5. */
static const GdkRGBA colours[] = {
  { 0.110, 0.443, 0.847, 1 }, { 0.102, 0.502, 0.310, 1 }, { 0.698, 0.290, 0.035, 1 },
  { 0.753, 0.110, 0.157, 1 }, { 0.506, 0.239, 0.612, 1 }, { 0.388, 0.271, 0.173, 1 },
  { 0.129, 0.459, 0.510, 1 }, { 0.369, 0.361, 0.392, 1 },
};

static char *
dup_initials (const char *full_name)
{
  g_auto(GStrv) words = g_strsplit_set (full_name, " \t.-_", -1);
  GString *initials = g_string_new (NULL);
  gunichar last = 0;
  guint n_words = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      gunichar first = g_utf8_get_char_validated (words[i], -1);

      if (words[i][0] == '\0' || first >= (gunichar) -2)
        continue;
      last = g_unichar_toupper (first);
      if (n_words++ == 0)
        g_string_append_unichar (initials, last);
    }
  if (n_words > 1)
    g_string_append_unichar (initials, last);
  return g_string_free (initials, FALSE);
}

static void
draw_initials (MoorAvatar *self, cairo_t *cr, double size)
{
  g_autoptr(PangoLayout)
                 layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), self->initials);
  g_autoptr(PangoFontDescription) font = pango_font_description_from_string ("Bold");
  int width;
  int height;

  gdk_cairo_set_source_rgba (cr, &colours[self->colour]);
  cairo_fill (cr);

  pango_font_description_set_absolute_size (font, size * 0.38 * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_move_to (cr, (gtk_widget_get_allocated_width (GTK_WIDGET (self)) - width) / 2.0,
                 (gtk_widget_get_allocated_height (GTK_WIDGET (self)) - height) / 2.0);
  pango_cairo_show_layout (cr, layout);
}

static void
draw_picture (MoorAvatar *self, cairo_t *cr, double size, double centre_x, double centre_y)
{
  double width = gdk_pixbuf_get_width (self->pixbuf);
  double height = gdk_pixbuf_get_height (self->pixbuf);
  double scale = size / MIN (width, height);

  cairo_clip (cr);
  cairo_translate (cr, centre_x - width * scale / 2, centre_y - height * scale / 2);
  cairo_scale (cr, scale, scale);
  gdk_cairo_set_source_pixbuf (cr, self->pixbuf, 0, 0);
  cairo_paint (cr);
}

static gboolean
moor_avatar_draw (GtkWidget *widget, cairo_t *cr)
{
  MoorAvatar *self = MOOR_AVATAR (widget);
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  double size = MIN (width, height);

  cairo_arc (cr, width / 2, height / 2, size / 2, 0, 2 * G_PI);
  if (self->pixbuf != NULL)
    draw_picture (self, cr, size, width / 2, height / 2);
  else if (self->initials != NULL)
    draw_initials (self, cr, size);
  return GDK_EVENT_PROPAGATE;
}

static void
moor_avatar_dispose (GObject *object)
{
  MoorAvatar *self = MOOR_AVATAR (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->pixbuf);

  G_OBJECT_CLASS (moor_avatar_parent_class)->dispose (object);
}

static void
moor_avatar_finalize (GObject *object)
{
  MoorAvatar *self = MOOR_AVATAR (object);

  g_clear_object (&self->cancellable);
  g_free (self->initials);

  G_OBJECT_CLASS (moor_avatar_parent_class)->finalize (object);
}

static void
moor_avatar_class_init (MoorAvatarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = moor_avatar_dispose;
  G_OBJECT_CLASS (klass)->finalize = moor_avatar_finalize;
  GTK_WIDGET_CLASS (klass)->draw = moor_avatar_draw;
}

static void
moor_avatar_init (MoorAvatar *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_set_size_request (GTK_WIDGET (self), 40, 40);
}

static void
pixbuf_ready_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(MoorAvatar) self = user_data;
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_stream_finish (result, NULL);

  if (pixbuf == NULL || g_cancellable_is_cancelled (self->cancellable))
    return;
  g_set_object (&self->pixbuf, pixbuf);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
stream_ready_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(MoorAvatar) self = user_data;
  g_autoptr(GFileInputStream) stream = g_file_read_finish (G_FILE (source), result, NULL);

  if (stream != NULL && !g_cancellable_is_cancelled (self->cancellable))
    gdk_pixbuf_new_from_stream_at_scale_async (G_INPUT_STREAM (stream), 96, 96, TRUE,
                                               self->cancellable, pixbuf_ready_cb,
                                               g_object_ref (self));
}

static void
info_ready_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(MoorAvatar) self = user_data;
  g_autoptr(GFileInfo) info = g_file_query_info_finish (G_FILE (source), result, NULL);

  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR
      || g_file_info_get_size (info) > MAX_PICTURE_BYTES
      || g_cancellable_is_cancelled (self->cancellable))
    return;
  g_file_read_async (G_FILE (source), G_PRIORITY_LOW, self->cancellable, stream_ready_cb,
                     g_object_ref (self));
}

/**
 * moor_avatar_set_person:
 * @name: login name
 * @full_name: name to take the initials from
 * @picture: (type filename) (nullable): where the picture is; read without blocking
 *
 * Shows a person.
 */
void
moor_avatar_set_person (MoorAvatar *self,
                        const char *name,
                        const char *full_name,
                        const char *picture)
{
  g_autoptr(GFile) file = picture != NULL ? g_file_new_for_path (picture) : NULL;

  g_free (self->initials);
  self->initials = dup_initials (full_name);
  self->colour = g_str_hash (name) % G_N_ELEMENTS (colours);
  gtk_widget_queue_draw (GTK_WIDGET (self));

  if (file != NULL)
    g_file_query_info_async (file, "standard::type,standard::size",
                             G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, G_PRIORITY_LOW, self->cancellable,
                             info_ready_cb, g_object_ref (self));
}
