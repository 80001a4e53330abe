"""Everything that talks: to people, to disks, to time."""
