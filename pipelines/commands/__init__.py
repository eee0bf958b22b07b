"""The commands of `t4s`, one a file: arguments in, calls to the library, tables out."""
