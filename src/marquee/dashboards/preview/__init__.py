"""Dashboards as one static page, for whoever has no Grafana at hand."""
