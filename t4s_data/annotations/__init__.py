"""The annotation formats that several sources share: COCO instances, refs, class lists, tables of masks."""
