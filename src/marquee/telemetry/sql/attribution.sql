SELECT hit_window, session_slot FROM telemetry.attribution;
