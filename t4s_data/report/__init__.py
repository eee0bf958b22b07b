"""The audit as a page: figures, gallery, overlays."""
