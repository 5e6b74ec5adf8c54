//! Rings in a graph: its strongly connected components of more than one node.

/// The components of more than one node, each sorted. `arrows[n]` are the nodes that `n` points to.
///
/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972).
pub fn rings(arrows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut search = Search {
        arrows,
        order: vec![None; arrows.len()],
        low: vec![0; arrows.len()],
        open: Vec::new(),
        is_open: vec![false; arrows.len()],
        next: 0,
        found: Vec::new(),
    };
    for node in 0..arrows.len() {
        if search.order[node].is_none() {
            search.visit(node);
        }
    }
    search.found.sort();
    search.found
}

struct Search<'a> {
    arrows: &'a [Vec<usize>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<usize>,
    is_open: Vec<bool>,
    next: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) {
        let number = self.next;
        self.next += 1;
        self.order[node] = Some(number);
        self.low[node] = number;
        self.open.push(node);
        self.is_open[node] = true;
        for &target in &self.arrows[node] {
            match self.order[target] {
                None => {
                    self.visit(target);
                    self.low[node] = self.low[node].min(self.low[target]);
                }
                Some(seen) if self.is_open[target] => self.low[node] = self.low[node].min(seen),
                Some(_) => {}
            }
        }
        if self.low[node] == number {
            let mut component = Vec::new();
            while let Some(member) = self.open.pop() {
                self.is_open[member] = false;
                component.push(member);
                if member == node {
                    break;
                }
            }
            if component.len() > 1 {
                component.sort_unstable();
                self.found.push(component);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rings;

    #[test]
    fn a_line_is_no_ring_and_two_rings_are_two() {
        assert!(rings(&[vec![1], vec![2], vec![]]).is_empty());
        assert_eq!(
            rings(&[vec![1], vec![0, 2], vec![3], vec![4], vec![2]]),
            [vec![0, 1], vec![2, 3, 4]]
        );
    }
}
