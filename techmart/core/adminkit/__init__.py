"""What the admin of every app is built from: quick lists, corrections with a reason, acts."""
