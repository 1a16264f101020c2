"""The golden set's own generator is not collected: importing it would write the set anew."""

collect_ignore = ["set"]
