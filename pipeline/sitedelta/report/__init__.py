"""The report of a site: page, figures, map files, tables, evidence."""
