"""Places on the map, shared by all departments that have some."""

from subgraphs.toolkit.types import item, node


@node("A point on the map, WGS 84.", "地理坐标点（WGS 84）。", shareable=True)
class GeoPoint:
    """Longitude and latitude in degrees."""

    longitude: float = item("Longitude in degrees.", "经度（度）。")
    latitude: float = item("Latitude in degrees.", "纬度（度）。")
