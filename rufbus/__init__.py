"""Rural on-demand mobility: requests in, tours on OpenStreetMap roads out, stop lists to the vans."""

__version__ = "0.1.0"
