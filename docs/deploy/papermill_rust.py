"""papermill with parameters for Rust: `python papermill_rust.py in.ipynb out.ipynb -p threads 4`.

papermill writes the parameters into a cell after the one that is tagged `parameters`; how, it must be told for each
language. All of it is as papermill's own command line, which this calls.
"""

import re

from papermill.__main__ import papermill
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


LET = re.compile(
    r"^let\s+(?:mut\s+)?(?P<name>\w+)\s*(?::\s*(?P<kind>[^=\n]+?))?\s*=\s*(?P<default>.+?);[ \t]*(?://[ \t]*(?P<help>.*))?$",
    re.MULTILINE,
)


class RustTranslator(Translator):
    """`let` lines: each hides the one with the default value in the cell before."""

    @classmethod
    def translate_none(cls, value):
        return "None::<()>"

    @classmethod
    def translate_bool(cls, value):
        return "true" if value else "false"

    @classmethod
    def translate_float(cls, value):
        names = {"inf": "f64::INFINITY", "-inf": "f64::NEG_INFINITY", "nan": "f64::NAN"}
        return names.get(repr(value), f"{value!r}_f64")

    @classmethod
    def translate_str(cls, value):
        text = "".join(f"\\u{{{ord(char):x}}}" if ord(char) < 32 or char in '"\\' else char for char in value)
        return f'"{text}"'

    @classmethod
    def translate_list(cls, value):
        return f"vec![{', '.join(cls.translate(item) for item in value)}]"

    @classmethod
    def translate_dict(cls, value):
        pairs = ", ".join(f"({cls.translate_str(str(key))}, {cls.translate(item)})" for key, item in value.items())
        return f"std::collections::BTreeMap::from([{pairs}])"

    @classmethod
    def comment(cls, text):
        return f"// {text}".strip()

    @classmethod
    def assign(cls, name, text):
        return f"let {name} = {text};"

    @classmethod
    def inspect(cls, cell):
        """The parameters with their defaults: a name that isn't among them is told, as it may be misspelt."""
        lines = LET.finditer(cell["source"])
        return [Parameter(it["name"], it["kind"] or "None", it["default"], it["help"] or "") for it in lines]


papermill_translators.register("rust", RustTranslator)

if __name__ == "__main__":
    papermill()
