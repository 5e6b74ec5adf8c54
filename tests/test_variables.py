"""Variables and mistakes from cell to cell: what is left out or answered from memory to save time must not be noticed."""

import re


def test_variables_that_cells_do_not_speak_of_are_kept(kernel):
    kernel.ok("let untouched = vec![String::from(\"kept\")];\nlet mut counted = 0;")
    kernel.ok("1 + 1")
    kernel.ok("counted += 1;")
    assert kernel.run("panic!(\"{}\", counted)").error["evalue"] == "1"
    kernel.ok("fn own() -> i32 { let untouched = 3; untouched }\nown()")
    assert kernel.ok('println!("{untouched:?} {counted}")').lines == ['["kept"] 1']


def test_a_moved_variable_is_gone_and_where_it_went_is_told(kernel):
    kernel.ok("let moved = String::new();\nlet stays = 1;")
    mover = kernel.ok("let other = 2;\ndrop(moved);")
    assert f"`moved` was moved in [{mover.count}], line 2" in kernel.run("moved").error_text
    assert kernel.ok("println!(\"{stays} {other}\")").lines == ["1 2"]


def test_a_borrowing_variable_lives_as_long_as_its_cell(kernel):
    cell = kernel.ok("let lender = String::from(\"text\");\nlet borrower = &lender;\nborrower.len()")
    assert cell.value == "4"
    assert "`borrower` is not kept for later cells: it borrows from `lender`" in cell.remarks
    assert kernel.ok("lender.len()").value == "4"
    assert "it borrows from `lender`" in kernel.run("borrower").error_text


def test_a_type_that_is_defined_anew_takes_its_variables_along(kernel):
    kernel.ok("struct Shape { sides: u8 }\nlet shape = Shape { sides: 3 };\nlet other = 5;")
    anew = kernel.ok("struct Shape { sides: u64 }")
    assert "`shape`" in anew.remarks and "its type `Shape` is defined anew" in anew.remarks
    result = kernel.run("shape.sides")
    assert f"its type `Shape` was defined anew in [{anew.count}]" in result.error_text
    assert kernel.ok('println!("{other}")').lines == ["5"]


def test_a_mistake_that_is_mended_in_another_cell(kernel):
    cell = "let half = halved(8);\nhalved(half)"
    failed = kernel.run(cell)
    assert failed.status == "error" and "halved" in failed.error_text
    kernel.ok("fn halved(x: u32) -> u32 { x / 2 }")
    kernel.ok(cell)
    assert kernel.ok("println!(\"{half}\")").lines == ["4"]


def test_each_attempt_at_a_cell_names_the_same_place(kernel):
    """The value displayed in two ways, `?` allowed, panics not caught: evcxr changes what stands around the cell."""
    result = kernel.run("let right = 1;\n\nlet wrong: String =\n    right;\nwrong")
    assert result.status == "error" and "mismatched types" in result.error_text
    assert re.search(rf"\[{result.count}\]:4:5", result.error_text), result.error_text


def test_what_another_attempt_mends_is_no_mistake(kernel):
    kernel.ok('let parsed: i32 = "12".parse()?;')
    assert kernel.ok('println!("{parsed}")').lines == ["12"]
    failed = kernel.run('let bad: i32 = "twelve".parse()?;')
    assert failed.status == "error" and "invalid digit" in failed.error_text
