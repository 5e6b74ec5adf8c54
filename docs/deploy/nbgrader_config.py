"""nbgrader for exercises in Rust: copy it into the course's folder, beside or into its own configuration."""

c = get_config()  # noqa: F821

# What stands where a solution was. `todo!()` has every type, and its panic says that it isn't done.
c.ClearSolutions.code_stub = {"rust": "todo!() // your code here"}
# `// BEGIN SOLUTION` … `// END SOLUTION`, `// BEGIN HIDDEN TESTS` … are nbgrader's own words.
# A first start on a machine without a warm cache compiles for some seconds.
c.ExecutePreprocessor.timeout = 120
