"""What `import t4s_data` offers: short ways to what the rooms below it do. Nothing else imports this room."""
