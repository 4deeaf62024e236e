"""What stands between the web server and Django: whose bodies are waited for, how long, and in which threads."""
