"""Styles within a GeoPackage, where QGIS looks for them and takes them by itself."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

WHEN = "2000-01-01T00:00:00.000Z"
"""Stands where the format wants the time of writing: the same findings give the same bytes."""
_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""


def add_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Put a style (QML) for each layer into a GeoPackage that has none yet."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (WHEN,),
        )
        for name, style in styles.items():
            file.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
                " styleQML, styleSLD, useAsDefault, description, owner, update_time)"
                " VALUES ('', '', ?, 'geom', 'sitedelta', ?, '', 1, '', '', ?)",
                (name, style, WHEN),
            )
