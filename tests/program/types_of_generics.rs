//# title: nested generics and const parameters
use std::collections::{HashMap, BTreeMap, HashSet, VecDeque, BinaryHeap};
use std::cmp::Reverse;
#[derive(Debug, Clone)] struct Stack<T> { items: Vec<T> }
impl<T: Clone> Stack<T> { fn new() -> Self { Stack { items: Vec::new() } } fn push(&mut self, t: T) -> &mut Self { self.items.push(t); self } fn pop(&mut self) -> Option<T> { self.items.pop() } }
let mut st = Stack::new();
st.push(1u8).push(2);
//# cell
st.push(3);
let top = st.pop();
let st2 = st.clone();
//# cell
println!("{top:?} {st2:?}");
struct Matrix<const R: usize, const C: usize>([[f64; C]; R]);
impl<const R: usize, const C: usize> Matrix<R, C> { fn t(&self) -> Matrix<C, R> { let mut m = [[0.0; R]; C]; for i in 0..R { for j in 0..C { m[j][i] = self.0[i][j]; } } Matrix(m) } }
let m = Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
let t = m.t();
//# prints: Some(3) Stack { items: [1, 2] }
//# cell
t.0
//# shows: [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
//# cell
let graph: HashMap<u32, Vec<(u32, u64)>> = HashMap::from([(0, vec![(1, 4), (2, 1)]), (2, vec![(1, 2)]), (1, vec![])]);
let mut heap = BinaryHeap::from([Reverse((0u64, 0u32))]);
let mut dist = HashMap::new();
while let Some(Reverse((d, u))) = heap.pop() { if dist.contains_key(&u) { continue; } dist.insert(u, d); for (v, w) in &graph[&u] { heap.push(Reverse((d + w, *v))); } }
//# cell
let mut sorted: Vec<_> = dist.into_iter().collect(); sorted.sort(); sorted
//# shows: [(0, 0), (1, 3), (2, 1)]
//# cell
fn group<K: Ord + Clone, V>(items: impl IntoIterator<Item = V>, key: impl Fn(&V) -> K) -> BTreeMap<K, Vec<V>> { let mut m = BTreeMap::new(); for i in items { m.entry(key(&i)).or_insert_with(Vec::new).push(i); } m }
let groups = group(1..10, |n| n % 3);
let queue: VecDeque<_> = groups.keys().copied().collect();
let set = queue.iter().collect::<HashSet<_>>().len();
//# cell
(groups, queue, set)
//# shows: ({0: [3, 6, 9], 1: [1, 4, 7], 2: [2, 5, 8]}, [0, 1, 2], 3)
//# cell
let default = <(i32, Option<String>, Vec<u8>)>::default();
let none = None::<Box<Stack<Stack<i32>>>>;
let res: Result<_, std::convert::Infallible> = Ok(3);
//# cell
(default, none.is_none(), res)
//# shows: ((0, None, []), true, Ok(3))
//# cell
let ph: std::marker::PhantomData<Stack<u8>> = std::marker::PhantomData;
let arr = std::array::from_fn::<_, 4, _>(|i| i * i);
let tup = ((1, 'a'), [Some("x"); 2], "s".to_string());
//# cell
(arr, tup)
//# shows: ([0, 1, 4, 9], ((1, 'a'), [Some("x"), Some("x")], "s"))
