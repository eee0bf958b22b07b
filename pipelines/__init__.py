"""Beam: wiring, runners and entry points around the functions of `t4s_data`."""
