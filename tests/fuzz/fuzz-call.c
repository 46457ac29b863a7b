/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "moor-call.h"

/* A call that is read can be written, and reads as the same call. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const MoorOrigin origin = { "fuzz.xml", 1, 1 };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorCall) call = moor_call_parse (text, &origin, &error);
  g_autoptr(MoorCall) again = NULL;
  g_autofree char *written = NULL;
  g_autofree char *rewritten = NULL;

  fuzz_expect ((call == NULL) == (error != NULL));
  if (call == NULL)
    return 0;
  written = moor_call_format (call);
  again = moor_call_parse (written, &origin, NULL);
  fuzz_expect (again != NULL && again->helper == call->helper
               && again->args->len == call->args->len);
  for (guint i = 0; i < call->args->len; i++)
    fuzz_expect (g_strcmp0 (moor_call_arg (call, i), moor_call_arg (again, i)) == 0);
  rewritten = moor_call_format (again);
  fuzz_expect (g_str_equal (written, rewritten));
  return 0;
}
