"""The projected grid of a place."""


def utm_crs(lon: float, lat: float) -> str:
    """Give the EPSG code of the UTM zone of a place; of the polar stereographic grid beyond 84 N and 80 S."""
    if lat > 84:
        return "EPSG:5041"
    if lat < -80:
        return "EPSG:5042"
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"
