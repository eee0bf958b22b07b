"""``python -m t4s_data``: the command line."""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    if not sys.flags.safe_path:
        # With -m the working directory is searched first, and a folder of the user's own would hide ours.
        sys.path[0] = str(Path(__file__).parents[1])

    from pipelines.cli import main

    main()
