/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * MoorReportFormat:
 *
 * What a verification can be written as.
 */
typedef enum
{
  MOOR_REPORT_HTML,
  MOOR_REPORT_CSV,
  MOOR_REPORT_JSON,
} MoorReportFormat;

gboolean moor_report_format_from_path (const char *path,
                                       MoorReportFormat *out_format,
                                       GError **error);
gboolean moor_report_write_file (const char *path,
                                 JsonObject *request,
                                 JsonObject *result,
                                 GError **error);
char *moor_report_csv (JsonObject *result);

G_END_DECLS
