"""Random notebooks, and the same as one program.

A notebook defines its items again and again, and what a cell does depends on what they are at that time. In the
one program each of these definitions has a name of its own, so that rustc alone says what is right. Both are made
from one text, in which `⟦name⟧` stands for an item: its own name in the notebook, the name of its definition as it
is now in the program.
"""

import math
import random
import re
from dataclasses import dataclass, field

HOLE = re.compile(r"⟦([^⟧]+)⟧")
USES = """\
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::thread::{self, JoinHandle};
"""


@dataclass
class Item:
    """A definition. Its key is what texts call it; `text` defines `NAME` in the program."""

    key: str
    version: int
    text: str
    # A type or a static is the same as long as nobody defines it anew, whatever becomes of what it
    # mentions.
    is_fixed: bool = False

    def mentions(self) -> set[str]:
        return {key.removeprefix("wrap ") for key in HOLE.findall(self.text)} - {self.key}


@dataclass
class Cell:
    """A cell, and what it prints when it is part of the one program."""

    code: str
    fails: bool = False


@dataclass
class Variable:
    kind: str
    # The struct or trait in its type: it goes when that is defined anew.
    of: str = ""


@dataclass
class Notebook:
    """The cells so far, with the program that does the same."""

    random: random.Random
    cells: list[Cell] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    _names: dict[tuple, str] = field(default_factory=dict)
    _defined: list[str] = field(default_factory=list)
    _main: list[str] = field(default_factory=list)
    _count: int = 0
    # Where the number of a static stands; the last field of a struct; the one that a method reads.
    places: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)

    # Names

    def fresh(self) -> int:
        self._count += 1
        return self._count

    def _name(self, key: str) -> str:
        """The program's name of an item as it is now."""
        wraps = key.startswith("wrap ")
        item = self.items[key.removeprefix("wrap ")]
        within = () if item.is_fixed else tuple(self._name(one) for one in sorted(item.mentions()))
        known = (item.key, item.version, within)
        if known not in self._names:
            name = re.sub(r"\W", "_", item.key)
            self._names[known] = f"{name}_{len(self._names)}"
            text = self._for_program(item.text)
            self._defined.append(text.replace("NAME", self._names[known]))
        return ("W" if wraps else "") + self._names[known]

    def _for_program(self, text: str) -> str:
        return HOLE.sub(lambda hole: self._name(hole[1]), text)

    @staticmethod
    def _for_notebook(text: str) -> str:
        def name(hole: re.Match) -> str:
            key = hole[1]
            if key.startswith("wrap "):
                return ""
            if match := re.fullmatch(r"(\w+):(\w+)\.(\w+)", key):
                return "<{} as {}>::{}".format(*match.groups())
            return key + "!" if key.startswith("m") else key.replace(".", "::")

        return HOLE.sub(name, text)

    # What there is

    def keys(self, prefix: str) -> list[str]:
        return [key for key in self.items if re.fullmatch(prefix, key)]

    def some(self, prefix: str) -> str | None:
        keys = self.keys(prefix)
        return self.random.choice(keys) if keys else None

    def variable(self, *kinds: str) -> str | None:
        names = [name for name, it in self.variables.items() if it.kind in kinds]
        return self.random.choice(names) if names else None

    def define(self, key: str, text: str, is_fixed: bool = False) -> None:
        self.items[key] = Item(key, self.fresh(), text, is_fixed)

    def fall(self, gone: set[str]) -> None:
        """Takes away what no longer compiles without these items, and so on."""
        while gone:
            for key in gone:
                self.items.pop(key, None)
            gone = {key for key, item in self.items.items() if not item.mentions() <= self.items.keys()}

    def again(self, pattern: str, letter: str) -> str:
        """An item of this pattern, to be defined anew, or the key of a new one."""
        keys = self.keys(pattern)
        if keys and (len(keys) > 7 or self.random.random() < 0.5):
            return self.random.choice(keys)
        return f"{letter}{self.fresh()}"

    def variable_name(self, letter: str = "v") -> str:
        """A name for a variable, new or that of another one."""
        names = [name for name, it in self.variables.items() if it.kind != "worker"]
        if letter == "v" and len(names) > 20 or names and self.random.random() < 0.2 and letter == "v":
            return self.random.choice(names)
        return f"{letter}{self.fresh()}"

    def workers(self) -> list[str]:
        return [name for name, it in self.variables.items() if it.kind == "worker"]

    def forget(self, key: str) -> None:
        """The variables go whose type is defined anew."""
        self.variables = {name: it for name, it in self.variables.items() if it.of != key}

    # A cell

    def cell(self, code: str, body: str = "", prints: str | None = None, fails: bool = False) -> None:
        """Adds a cell: `code` defines items, `body` runs; `prints` is what the program has instead of it."""
        number = len(self.cells)
        self.cells.append(Cell(self._for_notebook(f"{code}\n{body}".strip("\n")), fails))
        program = self._for_program(body if prints is None else prints)
        self._main.append(f'println!("#{number}");\n{program}')

    def program(self) -> str:
        """All of it as one file. Between the lines `#n` stands what cell n prints."""
        parts = ["#![allow(warnings)]", USES, *self._defined, "fn main() {", *self._main, "}"]
        return "\n".join(parts) + "\n"


def rank(key: str) -> int:
    """Definitions mention only items of a lower rank, so that no function calls itself by way of others."""
    return int(re.search(r"\d+", key)[0])


def number(it: Notebook, below: float = math.inf, depth: int = 0) -> str:
    """An expression of type `i64`, of items alone."""

    def within() -> str:
        return f"{number(it, below, depth + 1)} % 1000"

    def some(prefix: str) -> str | None:
        keys = [key for key in it.keys(prefix) if rank(key) < below]
        return it.random.choice(keys) if keys else None

    choices = [lambda: str(it.random.randrange(100))]
    if depth < 2:
        choices.append(lambda: f"({number(it, below, depth + 1)} + {number(it, below, depth + 1)})")
        for prefix in (r"f\d+", r"f\d+", r"q\d+\.f", r"m\d+"):
            if key := some(prefix):
                choices.append(lambda key=key: f"⟦{key}⟧({within()})")
        if key := some(r"C\d+"):
            choices.append(lambda key=key: f"⟦{key}⟧")
        if key := some(r"P\d+\.m\d"):
            made = key.split(".")[0] + ".new"
            choices.append(lambda key=key, made=made: f"⟦{key}⟧(&⟦{made}⟧({within()}))")
        if key := some(r"P\d+:T\d+\.t"):
            made = key.split(":")[0] + ".new"
            choices.append(lambda key=key, made=made: f"⟦{key}⟧(&⟦{made}⟧({within()}))")
    return it.random.choice(choices)()


# The kinds of cells. Each takes the notebook and adds one, or returns `False` if there is nothing
# to do it with.


def function(it: Notebook) -> None:
    """A function, new or edited; now and then with another number of arguments, so that its callers fall."""
    key = it.again(r"f\d+", "f")
    item = it.items.get(key)
    body = f"({it.random.randrange(9)} + x * 3 + {number(it, rank(key))}) % 9973"
    if item and it.random.random() < 0.1:
        it.fall({key})
        it.cell(f"fn {key}(x: i64, y: i64) -> i64 {{ x + y }}", f'println!("{{}}", ⟦{key}⟧(1, 2));', 'println!("3");')
        return
    inner = f"static N: AtomicI64 = AtomicI64::new({it.random.randrange(50)});"
    if it.random.random() < 0.25:
        it.define(f"{key}~N", f"static NAME: {inner.removeprefix('static N: ')}", is_fixed=True)
        it.define(key, f"fn NAME(x: i64) -> i64 {{ let n = ⟦{key}~N⟧.fetch_add(1, SeqCst); n + {body} }}")
        body = f"{inner} let n = N.fetch_add(1, SeqCst); n + {body}"
    else:
        it.define(key, f"fn NAME(x: i64) -> i64 {{ {body} }}")
    shown = f'println!("{{}}", ⟦{key}⟧({it.random.randrange(9)}));' if it.random.random() < 0.6 else ""
    it.cell(f"fn {key}(x: i64) -> i64 {{ {body} }}", shown)


def constant(it: Notebook) -> None:
    key = it.again(r"C\d+", "C")
    text = f"i64 = {number(it, 0)};"
    it.define(key, f"const NAME: {text}")
    it.cell(f"const {key}: {text}", f'println!("{{}}", ⟦{key}⟧);')


def macro(it: Notebook) -> None:
    key = it.again(r"m\d+", "m")
    made = number(it, rank(key))
    it.define(key, f"fn NAME(x: i64) -> i64 {{ (x * 2 + {made}) % 9973 }}")
    text = f"{{ ($x:expr) => {{ ($x * 2 + {made}) % 9973 }} }}"
    it.cell(f"macro_rules! {key} {text}", f'println!("{{}}", ⟦{key}⟧(7));')


def static(it: Notebook) -> None:
    """A static, new or anew, of one sort or another, used at once."""
    key = it.again(r"S\d+", "S")
    start = it.random.randrange(100)
    text = it.random.choice([
        f"AtomicI64 = AtomicI64::new({start});",
        f"LazyLock<AtomicI64> = LazyLock::new(|| AtomicI64::new({start}));",
        f"(AtomicI64, [i64; 3]) = (AtomicI64::new({start}), [0; 3]);",
    ])
    place = f"⟦{key}⟧.0" if text.startswith("(") else f"⟦{key}⟧"
    it.define(key, f"static NAME: {text}", is_fixed=True)
    it.places[key] = place
    it.cell(f"static {key}: {text}", f'println!("{{}}", {place}.fetch_add(1, SeqCst));')


def local(it: Notebook) -> None:
    """A thread's own static."""
    key = it.again(r"L\d+", "L")
    text = f"Cell<i64> = Cell::new({it.random.randrange(100)});"
    it.define(key, f"thread_local! {{ static NAME: {text} }}", is_fixed=True)
    it.cell(f"thread_local! {{ static {key}: {text} }}")


def use_statics(it: Notebook) -> bool | None:
    lines = []
    for key in it.random.sample(it.keys(r"S\d+"), min(3, len(it.keys(r"S\d+")))):
        lines.append(f'println!("{{}}", {it.places[key]}.fetch_add({it.random.randrange(5)}, SeqCst));')
    if key := it.some(r"L\d+"):
        lines.append(f'⟦{key}⟧.with(|it| {{ it.set(it.get() + 1); println!("{{}}", it.get()); }});')
    if not lines:
        return False
    it.cell("", "\n".join(lines))


def module(it: Notebook) -> None:
    key = it.again(r"q\d+\.f", "q").removesuffix(".f")
    start, factor = it.random.randrange(100), it.random.randrange(9)
    inner = number(it, rank(key)).replace("⟦", "super::⟦")
    if "::⟦P" in inner or "⟦m" in inner:
        inner = "1"
    body = f"(x * {factor} + {inner}) % 9973"
    it.define(f"{key}.S", f"static NAME: AtomicI64 = AtomicI64::new({start});", is_fixed=True)
    it.define(f"{key}.f", f"fn NAME(x: i64) -> i64 {{ {body.replace('super::', '')} }}")
    it.places[f"{key}.S"] = f"⟦{key}.S⟧"
    it.cell(
        f"mod {key} {{ use super::*; pub static S: AtomicI64 = AtomicI64::new({start}); pub fn f(x: i64) -> i64 {{ {body} }} }}",
        f'println!("{{}} {{}}", ⟦{key}.f⟧(3), ⟦{key}.S⟧.fetch_add(2, SeqCst));',
    )


def structure(it: Notebook) -> None:
    """A struct with a way to make one. Defined anew, it has another field, and what knew the old one falls."""
    key = it.again(r"P\d+", "P")
    other = f"k{it.fresh()}"
    it.forget(key)
    it.define(key, f"#[derive(Debug, Clone)] struct NAME {{ a: i64, {other}: i64 }}", is_fixed=True)
    it.define(f"{key}.new", f"fn NAME(a: i64) -> ⟦{key}⟧ {{ ⟦{key}⟧ {{ a, {other}: a + 1 }} }}")
    it.fields[key] = other
    it.fall({one for one in it.items if (field := it.reads.get(one)) and rank(one) == rank(key) and field != other})
    shown = f'println!("{{}}", ⟦{key}.new⟧(4).a);'
    it.cell(
        f"#[derive(Debug, Clone)] struct {key} {{ a: i64, {other}: i64 }}\n"
        f"impl {key} {{ fn new(a: i64) -> {key} {{ {key} {{ a, {other}: a + 1 }} }} }}",
        shown,
    )


def method(it: Notebook) -> bool | None:
    """A method, new or edited, in a block of its own."""
    if not (of := it.some(r"P\d+")):
        return False
    key = f"{of}.m{it.random.randrange(3)}"
    field = it.fields[of] if it.random.random() < 0.3 else "a"
    body = f"(self.{field} * 5 + {number(it, rank(of))}) % 9973"
    it.define(key, f"fn NAME(this: &⟦{of}⟧) -> i64 {{ {body.replace('self', 'this')} }}")
    it.reads[key] = field if field != "a" else ""
    it.cell(
        f"impl {of} {{ fn {key.split('.')[1]}(&self) -> i64 {{ {body} }} }}",
        f'println!("{{}}", ⟦{key}⟧(&⟦{of}.new⟧(2)));',
    )


def interface(it: Notebook) -> None:
    """A trait. Defined anew its values go; what implements it still fits."""
    key = it.again(r"T\d+", "T")
    extra = f"e{it.fresh()}"
    it.forget(key)
    it.define(key, f"trait NAME {{ fn t(&self) -> i64; fn {extra}(&self) -> i64 {{ 1 }} }}", is_fixed=True)
    it.cell(f"trait {key} {{ fn t(&self) -> i64; fn {extra}(&self) -> i64 {{ 1 }} }}")


def implementation(it: Notebook) -> bool | None:
    """An `impl` of a trait, new or edited. Values made before keep the old one."""
    of, trait = it.some(r"P\d+"), it.some(r"T\d+")
    if not (of and trait):
        return False
    key = f"{of}:{trait}.t"
    body = f"(self.a * 7 + {number(it, min(rank(of), rank(trait)))}) % 9973"
    it.define(
        key,
        f"fn NAME(this: &⟦{of}⟧) -> i64 {{ {body.replace('self', 'this')} }}\n"
        f"struct WNAME(⟦{of}⟧); impl ⟦{trait}⟧ for WNAME {{ fn t(&self) -> i64 {{ NAME(&self.0) }} }}",
    )
    it.reads[key] = ""
    it.cell(
        f"impl {trait} for {of} {{ fn t(&self) -> i64 {{ {body} }} }}",
        f'println!("{{}}", ⟦{key}⟧(&⟦{of}.new⟧(2)));',
    )


def enumeration(it: Notebook) -> None:
    key = it.again(r"E\d+", "E")
    variant = f"V{it.fresh()}"
    it.forget(key)
    it.define(key, f"#[derive(Debug, Clone)] enum NAME {{ A, {variant}(i64) }}", is_fixed=True)
    name = it.variable_name()
    it.variables[name] = Variable("shown", key)
    it.cell(
        f"#[derive(Debug, Clone)] enum {key} {{ A, {variant}(i64) }}",
        f"let {name} = vec![⟦{key}⟧::A, ⟦{key}⟧::{variant}({number(it)})];",
    )


def let(it: Notebook) -> None:
    """A variable, new or in the place of another one."""
    name = it.variable_name()
    sort = it.random.choice(["number", "text", "list", "map", "struct", "boxed", "closure", "pointer", "option", "pair"])
    of, boxed, function = it.some(r"P\d+"), it.some(r"P\d+:T\d+\.t"), it.some(r"f\d+")
    # The type of a number is decided in its own cell, in the program by what comes later as well.
    made = f"({number(it)}) as i64"
    variable = Variable(sort)
    if sort == "struct" and of:
        value, variable.of = f"⟦{of}.new⟧({made})", of
    elif sort == "boxed" and boxed:
        of, trait = boxed.removesuffix(".t").split(":")
        value = f"Box::new(⟦wrap {boxed}⟧(⟦{of}.new⟧({made}))) as Box<dyn ⟦{trait}⟧>"
        variable.of = trait
    elif sort == "closure":
        value = f"{{ let k: i64 = {made}; move |x: i64| (x + k + {number(it)}) % 9973 }}"
    elif sort == "pointer" and function:
        value = f"⟦{function}⟧ as fn(i64) -> i64"
    elif sort == "text":
        value = f'format!("t{{}}", {made})'
    elif sort == "list":
        value = f"vec![{made}, {number(it)}]"
    elif sort == "map":
        value = f'BTreeMap::from([("a".to_string(), {made})])'
    elif sort == "option":
        value = f"Some(Box::new({made}))"
    elif sort == "pair":
        other = f"v{it.fresh()}"
        it.variables[other], it.variables[name] = Variable("text"), Variable("number")
        it.cell("", f'let (mut {name}, mut {other}): (i64, String) = ({made}, "p".repeat(3));')
        return
    else:
        variable.kind, value = "number", made
    it.variables[name] = variable
    it.cell("", f"let mut {name} = {value};")


def change(it: Notebook) -> bool | None:
    """Changes variables and shows them."""
    lines = []
    for name in it.random.sample(sorted(it.variables), min(4, len(it.variables))):
        variable = it.variables[name]
        lines += {
            "number": [f"{name} += {number(it)};", f'println!("{{{name}}}");'],
            "text": [f'{name}.push_str("x");', f'println!("{{{name}}}");'],
            "list": [f"{name}.push({number(it)});", f'println!("{{{name}:?}}");'],
            "map": [f'*{name}.entry("b".into()).or_insert(0) += {number(it)};', f'println!("{{{name}:?}}");'],
            "struct": [f"{name}.a += 1;", f'println!("{{:?}}", {name}.a);'],
            "boxed": [f'println!("{{}}", {name}.t());'],
            "closure": [f'println!("{{}}", {name}(4));'],
            "pointer": [f'println!("{{}}", {name}(4));'],
            "option": [f'println!("{{:?}}", {name}.as_ref().map(|x| **x + 1));'],
            "shown": [f'println!("{{}}", {name}.len());'],
            "worker": [],
        }[variable.kind]
    if not lines:
        return False
    it.cell("", "\n".join(lines))


def move(it: Notebook) -> bool | None:
    """Moves a variable to another one."""
    if not (name := it.variable("text", "list", "map", "boxed", "struct", "option", "closure")):
        return False
    other = it.variable_name()
    if other == name:
        return False
    it.variables[other] = it.variables.pop(name)
    it.cell("", f"let mut {other} = {name};")


def spawn(it: Notebook) -> None:
    """A thread that lives on over cells and answers, as its code was when it began."""
    name = it.variable_name("w")
    key = it.some(r"S\d+")
    count = f"{it.places[key]}.fetch_add(1, SeqCst)" if key else "0"
    it.variables[name] = Variable("worker")
    it.cell(
        "",
        f"let ({name}_ask, asked) = channel::<i64>(); let (told, {name}_tell) = channel::<i64>();\n"
        f"let {name}: JoinHandle<i64> = thread::spawn(move || {{ let mut sum = 0; for x in asked {{ let n = {count}; sum += n;\n"
        f"told.send((x + n + {number(it)}) % 9973).unwrap(); }} sum }});",
    )


def ask(it: Notebook) -> bool | None:
    lines = []
    for name in it.workers():
        lines.append(f'{name}_ask.send({number(it)}).unwrap(); println!("{{}}", {name}_tell.recv().unwrap());')
    if not lines:
        return False
    it.cell("", "\n".join(it.random.sample(lines, min(3, len(lines)))))


def join(it: Notebook) -> bool | None:
    if not (name := it.variable("worker")):
        return False
    del it.variables[name]
    it.cell("", f'drop({name}_ask); println!("{{}}", {name}.join().unwrap());')


def mistake(it: Notebook) -> None:
    """A cell that doesn't compile changes nothing."""
    key, static = it.some(r"f\d+") or "f1", it.some(r"S\d+") or "S1"
    code = it.random.choice([
        f'fn {key}(x: i64) -> i64 {{ 5 }}\nlet wrong: i64 = "text";',
        "no_such_function();",
        f'let v1 = 5;\nstatic {static}: u8 = 1;\nlet wrong: i64 = "text";',
    ])
    it.cell(code, "", fails=True)


def panic(it: Notebook) -> None:
    """A cell that panics: what it did is done, and what it defined is there."""
    key = it.some(r"S\d+")
    done = f'println!("{{}}", {it.places[key]}.fetch_add(1, SeqCst));' if key else 'println!("1");'
    it.cell("", f'{done}\npanic!("on purpose");', done, fails=True)


KINDS = [
    (function, 14), (constant, 3), (macro, 3), (static, 7), (local, 2), (use_statics, 10), (module, 3),
    (structure, 4), (method, 6), (interface, 2), (implementation, 5), (enumeration, 2), (let, 16), (change, 14),
    (move, 4), (spawn, 4), (ask, 10), (join, 3), (mistake, 2), (panic, 2),
]  # fmt: skip


def notebook(seed: int, cells: int) -> Notebook:
    """A notebook of so many cells."""
    it = Notebook(random.Random(seed))
    it.cell(USES.strip(), "")
    kinds, weights = zip(*KINDS)
    while len(it.cells) < cells:
        it.random.choices(kinds, weights)[0](it)
    return it
