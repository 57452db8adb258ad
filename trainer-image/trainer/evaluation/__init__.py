"""What a trained model can do, has kept and gives away; one file a method, `step.py` puts them together."""
