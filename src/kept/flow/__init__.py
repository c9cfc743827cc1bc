"""The story: one file per stage; a step reads, decides with core, and writes in one transaction."""
