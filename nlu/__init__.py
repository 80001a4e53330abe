"""What was said? Text in, meaning out: knows no chat, no case, no clock of its own."""
