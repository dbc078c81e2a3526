"""Sources of events: each gives one immutable raw snapshot with a manifest."""
