"""The desk's page: operators sign in, see the open cases of their area, and press buttons that the desks decide."""
