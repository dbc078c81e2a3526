"""Dashboards as typed descriptions, and the Grafana files that are built from them."""
