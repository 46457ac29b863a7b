/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Makes files, folders and links below one folder, the same ones for the same
 * seed.  Every failure ends the program: a half-made home proves nothing. */

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * HomeMaker:
 * @dfd: the folder everything is made below
 * @state: of the random numbers
 * @uid: @gid: who owns what is made; -1 leaves it to the caller's ids
 * @dirs: (element-type utf8): every folder made, relative to @dfd, in order
 * @depths: (element-type guint8): how deep each of @dirs is
 * @n_left: objects that may still be made
 */
typedef struct
{
  int dfd;
  guint64 state;
  uid_t uid;
  gid_t gid;
  GPtrArray *dirs;
  GByteArray *depths;
  gint64 n_left;
} HomeMaker;

HomeMaker *home_maker_new (int dfd, guint64 seed, gint64 n_objects, uid_t uid, gid_t gid);
void home_maker_free (HomeMaker *maker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HomeMaker, home_maker_free)

guint64 home_maker_random (HomeMaker *maker, guint64 below);
char *home_maker_name (HomeMaker *maker, const char *extension);
guint64 home_maker_document_size (HomeMaker *maker);

const char *home_maker_dir (HomeMaker *maker, const char *path);
gboolean home_maker_file (HomeMaker *maker, const char *path, guint64 n_bytes, mode_t mode);
gboolean home_maker_symlink (HomeMaker *maker, const char *target, const char *path);
gboolean home_maker_link (HomeMaker *maker, const char *existing, const char *path);
void home_maker_decorate (HomeMaker *maker, const char *path);
void home_maker_finish (HomeMaker *maker);

void home_make_office (HomeMaker *maker);
void home_make_developer (HomeMaker *maker);
void home_make_huge (HomeMaker *maker);
void home_make_every_kind (HomeMaker *maker, gboolean unlinkable_too);

G_NORETURN void home_die (const char *what, const char *path);

G_END_DECLS
