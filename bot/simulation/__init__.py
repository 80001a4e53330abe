"""A street at work on virtual time: the house's own desks, routing, clocks, rows and outbox; people drawn by lot."""
