//! ndarray: a matrix product, and a parallel map through its rayon feature.

use ndarray::{Array2, parallel::prelude::*};

fn main() {
    let identity = Array2::<f64>::eye(64);
    let mut ones = Array2::<f64>::ones((64, 64));
    assert_eq!(identity.dot(&ones), ones);
    ones.par_map_inplace(|x| *x *= 2.0);
    assert_eq!(ones.sum(), 2.0 * 64.0 * 64.0);
    assert_eq!(ones.axis_iter(ndarray::Axis(0)).into_par_iter().count(), 64);
}
