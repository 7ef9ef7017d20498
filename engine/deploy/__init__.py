"""What hands a model over: a folder that runs by itself, what is looked at before it leaves, and whether it answers as it does here."""
