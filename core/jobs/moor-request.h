/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-event.h"
#include "moor-sys.h"

G_BEGIN_DECLS

/* clang-format off */
/*
 * One door for every front end: a request is a JSON object, the answer another,
 * and events come in between.  The command line and the window both call
 * moor_request_run(), so they cannot behave differently.
 *
 * Request, all operations:  "operation", "root" (default "/"), "store".  Paths are strings; a byte
 * that is not UTF-8 is given as `\xHH`, as moor_text_path() writes it.
 *
 *   profiles    -
 *   systems     -
 *   estimate    users[] exclude-users[] used-within(days, -1) threads RULES
 *               efs("abort"|"skip"|"decryptcopy"|"copyraw"|"hardlink"): what becomes of encrypted homes
 *   capture     the same, and resume overwrite stop-on-error method("link"|"reflink"|"copy") note
 *               expect(objects that an estimate counted: gives progress its total)
 *               list-files(path: gets a line for each object that was captured) dry-run(an estimate)
 *   explain     path(absolute, within the system) users[] exclude-users[] RULES
 *   verify      against("source"|"restored") content
 *   set-aside   protect[] dry-run
 *   restore     users[] exclude-users[] map[]("OLD:NEW") create-accounts enable-accounts
 *               passwords[]("NAME:HASH": what made accounts get instead of the old one; a secret, never logged)
 *               conflict("rules"|"keep-both"|"keep-old"|"keep-new") move dry-run paths[]
 *               rules[] config drives[] allow-commands, as capture; rules-from-store
 *   undo        dry-run
 *   rollback    dry-run
 *   accept      despite-differences consent(volume UUID) dry-run
 *   store-list  dirs[]
 *   store-show  -
 *   delete      even-last-copies dry-run
 *   browse      profile path("" is the home): what the catalogue holds in one directory
 *
 *   RULES       rules[](paths of MigXML files) config(path of a Config.xml) drives[]("C:=DIR": what a
 *               Windows path in a rule is) local-only allow-commands, or
 *               rules-from-store: those that the store was made with
 *
 * A config alone says which errors end a run, and at restore who changes groups.
 * Without rules[] whole homes are taken, minus the well-known caches.  A store is verified by the
 * rules that it was made with; a capture that goes on keeps them unless others are given.
 *
 * Results, beside the "exit" and "message" that each has:
 *
 *   (The profile “:system” is what rules take outside people's homes; its home is where that begins.)
 *   profiles    system host kind running root volume
 *               profiles[]: name full-name uid gid home volume state selected in-use encrypted problem picture last-used(s)
 *   systems     systems[]: root name host running
 *   estimate    profiles[]: name full-name home state files directories bytes links copies copy-bytes
 *                 excluded excluded-bytes seconds-low seconds-high attention
 *               totals: the same sums, and new-space seconds-low seconds-high copy-seconds-low copy-seconds-high scan-seconds
 *               excluded[]: pattern name objects bytes     causes[]: cause severity count text remedy example
 *               store-path store-free store-problem
 *               with rule files, of capture too: unasked[]: profile folders files examples[](what no rule asks for)
 *   capture     store state objects files directories linked already reflinked copied copied-bytes bytes excluded
 *               superseded seconds causes[] profiles[]: name full-name files directories bytes linked copied ...
 *               commands[]: when component command run why status
 *   explain     path profile exists directory selected reason
 *               candidates[] collisions[]: pattern name reason verdict won component kind written file line column
 *   estimate, capture, explain with rule files also
 *               rules[]: file components patterns findings[]: level code line column text remedy count
 *   verify      against clean blocking same equal-copy changed missing extra metadata renamed causes[]
 *               profiles[]: name full-name home target before-files before-bytes after-files after-bytes
 *                 same equal-copy changed missing extra metadata renamed blocking
 *               differences[]: profile path status cause remedy detail kind blocks   truncated
 *   set-aside   entries[]: path consequence("set-aside"|"kept"|"unknown") ; moved ; unselected[]: homes that are in no store
 *   restore     accounts[]: name target state action uid new-uid reowned
 *                 groups[](when the config is about groups: those that the person is in afterwards)
 *               regrouped[]: name groups[]: who is not restored and changes groups
 *               profiles[]: name target home how("new"|"exchanged"|"moved"|"in-place"|"already") files bytes linked copied collisions
 *                 replaced(kept in the store) left(in the store, by a rule) elsewhere(sent there by a rule)
 *               causes[] verification(the result of verify) ; with rule files rules[] and commands[], as capture
 *               rules-in-store(true: the store has rules, and none count)
 *   undo        profiles[]: name how kept-at ; put-back(files that were replaced)
 *   rollback    profiles[]: name how ; entries[]: path consequence ; new-system
 *               saved-since[]: files that appeared since and where they are now
 *               saved-since-unlisted: how many more there are
 *   accept      classes[]: class objects last-copies bytes freed ; volume removed freed verification
 *   delete      objects last-copies last-copy-bytes freed removed
 *   store-list  stores[]: path uuid state state-text system host note made(s) sealed(s) objects bytes copied-bytes
 *                 people[] full-names[](of people[], in order) owner in-use-by restored problem
 *   store-show  the same for one, and parts[]: volume path mounted ; profiles[] ; issues[]
 *   browse      entries[]: id name kind method size mtime(s) mode uid gid target-name
 */
/* clang-format on */

MoorExit moor_request_run (JsonObject *request,
                           const MoorSys *sys,
                           GCancellable *cancellable,
                           MoorEventFunc sink,
                           gpointer user_data,
                           JsonObject **out_result,
                           GError **error);
JsonObject *moor_request_new (const char *operation, const char *root, const char *store);
void moor_request_set_strings (JsonObject *request, const char *member, const char *const *values);
char *moor_request_default_store (const char *root, GError **error);

G_END_DECLS
