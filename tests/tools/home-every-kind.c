/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-maker.h"

/* One of every kind of object that a home may hold, in "every kind". */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TOP "every kind"
#define N_DEEP 20
#define DEEP_NAME_BYTES 240

static void
own (HomeMaker *maker, const char *path)
{
  if (maker->uid != (uid_t) -1
      && fchownat (maker->dfd, path, maker->uid, maker->gid, AT_SYMLINK_NOFOLLOW) < 0)
    home_die ("giving away", path);
}

static void
file (HomeMaker *maker, const char *path, mode_t mode)
{
  if (!home_maker_file (maker, path, 100 + strlen (path), mode))
    home_die ("making anew", path);
}

static int
open_it (HomeMaker *maker, const char *path)
{
  const int fd = openat (maker->dfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    home_die ("opening", path);
  return fd;
}

static void
mark (HomeMaker *maker, const char *path, int flag)
{
  const int fd = open_it (maker, path);
  int flags = 0;

  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) == 0)
    {
      flags |= flag;
      (void) ioctl (fd, FS_IOC_SETFLAGS, &flags);
    }
  (void) close (fd);
}

static void
attribute (HomeMaker *maker, const char *path, const char *name, const void *value, gsize n_bytes)
{
  const int fd = open_it (maker, path);

  (void) fsetxattr (fd, name, value, n_bytes, 0);
  (void) close (fd);
}

/* Fifo, socket, devices; devices only where the caller may make them. */
static void
add_nodes (HomeMaker *maker)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "a socket" };
  const int top_fd = open_it (maker, TOP);
  const int here_fd = open (".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int socket_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (mkfifoat (maker->dfd, TOP "/a fifo", 0640) < 0)
    home_die ("making", "a fifo");
  own (maker, TOP "/a fifo");
  if (fchdir (top_fd) < 0 || bind (socket_fd, (struct sockaddr *) &address, sizeof address) < 0
      || fchdir (here_fd) < 0)
    home_die ("making", "a socket");
  own (maker, TOP "/a socket");
  (void) close (socket_fd);
  (void) close (here_fd);
  (void) close (top_fd);
  if (mknodat (maker->dfd, TOP "/null device", S_IFCHR | 0600, makedev (1, 3)) == 0)
    own (maker, TOP "/null device");
  if (mknodat (maker->dfd, TOP "/block device", S_IFBLK | 0600, makedev (7, 250)) == 0)
    own (maker, TOP "/block device");
}

static void
add_links (HomeMaker *maker)
{
  (void) home_maker_dir (maker, TOP "/links");
  file (maker, TOP "/links/first name", 0644);
  (void) home_maker_link (maker, TOP "/links/first name", TOP "/links/second name");
  (void) home_maker_link (maker, TOP "/links/first name", TOP "/third name elsewhere");
  (void) home_maker_symlink (maker, "first name", TOP "/links/symbolic");
  (void) home_maker_link (maker, TOP "/links/symbolic", TOP "/links/symbolic too");
  (void) home_maker_symlink (maker, "nobody/knows/where", TOP "/links/dangling");
  (void) home_maker_symlink (maker, "/etc/passwd", TOP "/links/absolute");
  (void) home_maker_symlink (maker, "..", TOP "/links/parent");
  (void) home_maker_symlink (maker, "loop", TOP "/links/loop");
  (void) home_maker_link (maker, TOP "/a fifo", TOP "/links/fifo too");
}

static void
add_names (HomeMaker *maker)
{
  static const char *const names[] = {
    "new\nline",
    "caf\xe9 \xff\xfe.txt",
    "-rf",
    " leading and trailing ",
    "quote\"s and 'apostrophes'",
    "back\\slash",
    "*?[a-z]{b}",
    "\x1b[31mred",
    "\xe2\x80\xaetxt.exe",
    "tab\there",
    "#hash#",
    "A",
    "a",
    "e\xcc\x81",
    "\xc3\xa9",
    "...",
    "%41 \\x41",
    "CON",
    "\x01\x02\x7f",
  };
  g_autofree char *longest = g_strnfill (255, 'n');
  g_autofree char *longest_path = g_strconcat (TOP "/names/", longest, NULL);

  (void) home_maker_dir (maker, TOP "/names");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat (TOP "/names/", names[i], NULL);

      file (maker, path, 0644);
    }
  file (maker, longest_path, 0644);
  (void) home_maker_dir (maker, TOP "/names/folder\nwith caf\xe9");
  file (maker, TOP "/names/folder\nwith caf\xe9/inside", 0600);
}

static void
add_modes (HomeMaker *maker)
{
  static const struct
  {
    const char *path;
    mode_t mode;
  } files[] = {
    { TOP "/modes/nothing allowed", 0000 },   { TOP "/modes/setuid", 04755 },
    { TOP "/modes/setgid", 02755 },           { TOP "/modes/all bits", 07777 },
    { TOP "/modes/write only", 0222 },
  }, dirs[] = {
    { TOP "/modes/dir closed", 0000 },        { TOP "/modes/dir setgid", 02775 },
    { TOP "/modes/dir sticky", 01777 },       { TOP "/modes/dir all", 07777 },
    { TOP "/modes/dir read only", 0555 },
  };

  (void) home_maker_dir (maker, TOP "/modes");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    file (maker, files[i].path, files[i].mode);
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_autofree char *inside = g_strconcat (dirs[i].path, "/inside", NULL);

      (void) home_maker_dir (maker, dirs[i].path);
      file (maker, inside, 0644);
      if (fchmodat (maker->dfd, dirs[i].path, dirs[i].mode, 0) < 0)
        home_die ("setting the mode of", dirs[i].path);
    }
  (void) home_maker_dir (maker, TOP "/empty folder");
}

static void
add_attributes (HomeMaker *maker)
{
  static const guint32 capability[5] = { 0x02000001, 1 << 10, 0, 0, 0 };
  static const guint16 default_acl[] = { 2,      0,      0x01, 7, 0xffff, 0xffff, 0x02, 5,
                                         4711,   0,      0x04, 5, 0xffff, 0xffff, 0x10, 5,
                                         0xffff, 0xffff, 0x20, 0, 0xffff, 0xffff };
  g_autofree char *large = g_strnfill (1500, 'v');

  (void) home_maker_dir (maker, TOP "/attributes");
  file (maker, TOP "/attributes/acl", 0640);
  home_maker_decorate (maker, TOP "/attributes/acl");
  file (maker, TOP "/attributes/capability", 0755);
  attribute (maker, TOP "/attributes/capability", "security.capability", capability,
             sizeof capability);
  file (maker, TOP "/attributes/user", 0644);
  attribute (maker, TOP "/attributes/user", "user.binary", "\0\xff\n", 3);
  attribute (maker, TOP "/attributes/user", "user.empty", "", 0);
  (void) home_maker_dir (maker, TOP "/attributes/dir acl");
  attribute (maker, TOP "/attributes/dir acl", "system.posix_acl_default", default_acl,
             sizeof default_acl);
  attribute (maker, TOP "/attributes/dir acl", "system.posix_acl_access", default_acl,
             sizeof default_acl);
  file (maker, TOP "/attributes/dir acl/inherits", 0660);
  (void) home_maker_dir (maker, TOP "/attributes/dir user");
  attribute (maker, TOP "/attributes/dir user", "user.large", large, strlen (large));
  attribute (maker, TOP "/attributes/dir user", "trusted.mooring", "t", 1);
  file (maker, TOP "/attributes/no dump", 0644);
  mark (maker, TOP "/attributes/no dump", FS_NODUMP_FL);
  (void) home_maker_dir (maker, TOP "/attributes/dir no dump");
  mark (maker, TOP "/attributes/dir no dump", FS_NODUMP_FL | FS_NOATIME_FL);
}

static void
add_times (HomeMaker *maker)
{
  static const struct
  {
    const char *path;
    struct timespec time;
  } files[] = {
    { TOP "/times/ancient", { -2000000000, 0 } },
    { TOP "/times/epoch", { 0, 1 } },
    { TOP "/times/future", { 4102444800, 999999999 } },
    { TOP "/times/fine", { 1577836800, 123456789 } },
  };

  (void) home_maker_dir (maker, TOP "/times");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      const struct timespec times[2] = { files[i].time, files[i].time };

      file (maker, files[i].path, 0644);
      if (utimensat (maker->dfd, files[i].path, times, AT_SYMLINK_NOFOLLOW) < 0)
        home_die ("setting the times of", files[i].path);
    }
}

static void
add_sizes (HomeMaker *maker)
{
  (void) home_maker_dir (maker, TOP "/sizes");
  (void) home_maker_file (maker, TOP "/sizes/empty", 0, 0644);
  (void) home_maker_file (maker, TOP "/sizes/one byte", 1, 0644);
  (void) home_maker_file (maker, TOP "/sizes/sparse", (guint64) 2 << 30, 0644);
}

/* Somebody else's file in this home, as a shared machine collects them. */
static void
add_foreign (HomeMaker *maker)
{
  file (maker, TOP "/of somebody else", 0644);
  if (geteuid () == 0 && fchownat (maker->dfd, TOP "/of somebody else", 4242, 4243, 0) < 0)
    home_die ("giving away", "of somebody else");
}

/* A path longer than PATH_MAX can only be made, and walked, step by step. */
static void
add_deep (HomeMaker *maker)
{
  g_autofree char *name = g_strnfill (DEEP_NAME_BYTES, 'd');
  int dfd = open_it (maker, TOP);

  for (guint i = 0; i < N_DEEP; i++)
    {
      int next = -1;

      if (mkdirat (dfd, name, 0755) < 0
          || (maker->uid != (uid_t) -1 && fchownat (dfd, name, maker->uid, maker->gid, 0) < 0))
        home_die ("making a deep folder", name);
      next = openat (dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (next < 0)
        home_die ("opening a deep folder", name);
      (void) close (dfd);
      dfd = next;
      maker->n_left--;
    }
  {
    const int fd = openat (dfd, "at the bottom", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0 || write (fd, "deep", 4) != 4
        || (maker->uid != (uid_t) -1 && fchown (fd, maker->uid, maker->gid) < 0))
      home_die ("making", "the file at the bottom");
    (void) close (fd);
  }
  (void) close (dfd);
}

static void
add_unlinkable (HomeMaker *maker)
{
  (void) home_maker_dir (maker, TOP "/unlinkable");
  file (maker, TOP "/unlinkable/immutable", 0644);
  file (maker, TOP "/unlinkable/append only", 0644);
  mark (maker, TOP "/unlinkable/immutable", FS_IMMUTABLE_FL);
  mark (maker, TOP "/unlinkable/append only", FS_APPEND_FL);
}

/* Makes one of every kind.  With @unlinkable_too also an immutable and an
 * append-only file, which no system lets anybody link. */
void
home_make_every_kind (HomeMaker *maker, gboolean unlinkable_too)
{
  (void) home_maker_dir (maker, TOP);
  add_nodes (maker);
  add_links (maker);
  add_names (maker);
  add_modes (maker);
  add_attributes (maker);
  add_times (maker);
  add_sizes (maker);
  add_foreign (maker);
  add_deep (maker);
  if (unlinkable_too)
    add_unlinkable (maker);
}
