"""Who must do what, by when? Rules over cases and the address book: no chat, no database, no clock of its own."""
