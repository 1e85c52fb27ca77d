//! A price tick over 10^4 and 10^5 accounts (10^6: `cargo xtask bench --keeper`).

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use firebreak_keeper::{columns::Columns, population};

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan");
    for size in [10_000, 100_000] {
        let accounts = population::accounts(size, 7);
        let calm = population::board();
        let mut fallen = calm.clone();
        population::set_mark(&mut fallen, 0, calm.rows[0].mark / 100 * 97);
        let mut columns = Columns::new(&accounts, &calm);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let columns = std::cell::RefCell::new(&mut columns);
            bencher.iter_batched(
                || columns.borrow_mut().follow(&calm),
                |()| columns.borrow_mut().scan(&accounts, &fallen, population::NOW),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, tick);
criterion_main!(benches);
