// SPDX-License-Identifier: MIT
//
// PLUGIN_NAME: long while the close stands above the average of the last `length` closes, flat
// below. `qty` may change while a run goes on (quoin ctl set). Rust without its standard library: no allocation, no unwinding, no runtime.
#![no_std]
#![allow(non_camel_case_types)]

use core::ffi::{c_char, c_void};
use core::mem::{align_of, offset_of, size_of};
use core::ptr::{addr_of, null};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {} // the code below has no way to panic: indices are checked, arithmetic wraps
}

// ------------------------------------------------------------------ the ABI, as far as it is used
// quoin/abi.h, quoin/host.h, quoin/param.h, quoin/plugin.h, quoin/event.h, quoin/intent.h, 0.2

const QN_ABI: u32 = 2;
/// The layout of the state.
const SCHEMA: u32 = 1;
const OK: i32 = 0;
const E_NO_MEMORY: i32 = -1;
const E_INVALID: i32 = -2;
const E_RANGE: i32 = -3;
const E_TOO_NEW: i32 = -14;
const E_IO: i32 = -16;
const E_DAMAGED: i32 = -20;

#[repr(C)]
struct Table {
    rows: *const c_void,
    nrows: u32,
    stride: u32,
}

#[repr(C)]
struct Host {
    size: u32,
    abi: u32,
    ctx: *mut c_void,
    log: *const c_void,
    ext: *const c_void,
    alloc: extern "C" fn(*mut c_void, u64, u64) -> *mut c_void,
    timer: *const c_void,
}

#[repr(C)]
struct Decimal {
    mantissa: i64,
    exp: i32,
    rsv0: u32,
}

#[repr(C)]
struct Instrument {
    size: u32,
    number: u32,
    kind: u32,
    price_exp: i32,
    qty_exp: i32,
    money_exp: i32,
    tick_size: i64,
    lot_size: i64,
}

#[repr(C)]
struct Setup {
    size: u32,
    ninstruments: u32,
    host: *const Host,
    id: *const c_char,
    instruments: *const *const Instrument,
}

#[repr(C)]
struct Err {
    size: u32,
    code: i32,
    msg: [u8; 248],
}

#[repr(C)]
struct Stream {
    size: u32,
    rsv0: u32,
    ctx: *mut c_void,
    read: extern "C" fn(*mut c_void, *mut c_void, u64) -> i64,
    write: extern "C" fn(*mut c_void, *const c_void, u64) -> i64,
}

#[repr(C)]
struct Param {
    size: u32,
    kind: u32,
    flags: u32,
    offset: u32,
    key: *const u8,
    unit: *const u8,
    doc: *const u8,
    def: *const u8,
    min: *const u8,
    max: *const u8,
    search: [*const u8; 3],
    labels: *const u8,
    since: *const u8,
    replaced: *const u8,
}

#[repr(C)]
struct Event {
    size: u16,
    kind: u16,
    flags: u32,
    seq: u64,
    ts_ns: i64,
    instrument: u32,
    slot: u32,
}

#[repr(C)]
struct Bar {
    hdr: Event,
    open_ts: i64,
    length: i64,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
}

#[repr(C)]
struct Target {
    size: u32,
    kind: u32,
    instrument: u32,
    rsv0: u32,
    qty: i64,
    stop_loss: i64,
    take_profit: i64,
}

#[repr(C)]
struct Out {
    size: u32,
    rsv0: u32,
    ctx: *mut c_void,
    push: extern "C" fn(*mut c_void, *const Target) -> i64,
}

#[repr(C)]
struct Strategy {
    size: u32,
    rsv0: u32,
    on_event: unsafe extern "C" fn(*mut c_void, *const Event, *const Out) -> i32,
    lookback: unsafe extern "C" fn(*const c_void, i64) -> i64,
}

#[repr(C)]
struct Class {
    size: u32,
    flags: u32,
    id: *const u8,
    kind: *const u8,
    version: *const u8,
    license: *const u8,
    name: *const u8,
    doc: *const u8,
    needs: *const u8,
    params: Table,
    exts: Table,
    table: *const Strategy,
    instance_size: u32,
    instance_align: u32,
    schema: u32,
    schema_min: u32,
    create: unsafe extern "C" fn(*mut c_void, *const Setup, *mut Err) -> i32,
    destroy: *const c_void,
    save: unsafe extern "C" fn(*const c_void, *const Stream, *mut Err) -> i32,
    load: unsafe extern "C" fn(*mut c_void, u32, *const Stream, *mut Err) -> i32,
}

#[repr(C)]
pub struct Module {
    size: u32,
    abi: u32,
    classes: *const *const Class,
    nclasses: u32,
    rsv0: u32,
}

/// What is static and holds addresses, and is never written to.
#[repr(transparent)]
struct Shared<T>(T);
unsafe impl<T> Sync for Shared<T> {}

/// Fill in why a call failed; returns the code.
unsafe fn fail(err: *mut Err, code: i32, why: &str) -> i32 {
    if let Some(err) = err.as_mut() {
        err.code = code;
        for (to, from) in err.msg[..247].iter_mut().zip(why.bytes()) {
            *to = from;
        }
    }
    code
}

/// All bytes of `data` through a stream, whose counts may be short.
unsafe fn put(to: &Stream, data: *const u8, n: usize) -> bool {
    let mut done = 0;
    while done < n {
        let count = (to.write)(to.ctx, data.add(done).cast(), (n - done) as u64);
        if count <= 0 {
            return false;
        }
        done += count as usize;
    }
    true
}

unsafe fn get(from: &Stream, data: *mut u8, n: usize) -> bool {
    let mut done = 0;
    while done < n {
        let count = (from.read)(from.ctx, data.add(done).cast(), (n - done) as u64);
        if count <= 0 {
            return false;
        }
        done += count as usize;
    }
    true
}

// ------------------------------------------------------------------ the strategy

/// One instance; made by the host of zero bytes, parameters filled in before create.
#[repr(C)]
struct PLUGIN_NAME {
    length: i64,
    qty: Decimal,
    lots: i64,
    closes: *mut i64, // a ring of `length` values
    state: State,
}

/// What is carried over a reload, besides the closes.
#[repr(C)]
struct State {
    count: u64, // closes seen
    sum: i64,   // of those in the ring
    is_long: i64,
}

/// The quantity at an exponent; None where it does not fit.
fn at_exponent(value: &Decimal, exp: i32) -> Option<i64> {
    let mut mantissa = value.mantissa;
    let mut from = value.exp;
    while from > exp {
        mantissa = mantissa.checked_mul(10)?;
        from -= 1;
    }
    while from < exp {
        if mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        from += 1;
    }
    Some(mantissa)
}

unsafe extern "C" fn create(this: *mut c_void, setup: *const Setup, err: *mut Err) -> i32 {
    let s = &mut *this.cast::<PLUGIN_NAME>();
    let setup = &*setup;
    if setup.ninstruments != 1 {
        return fail(err, E_INVALID, "it trades one instrument");
    }
    let instrument = &**setup.instruments;
    match at_exponent(&s.qty, instrument.qty_exp) {
        Some(lots) if lots.checked_rem(instrument.lot_size) == Some(0) => s.lots = lots,
        _ => return fail(err, E_RANGE, "qty must be a multiple of the lot of the instrument"),
    }
    let host = &*setup.host;
    s.closes = (host.alloc)(host.ctx, s.length as u64 * 8, 8).cast();
    if s.closes.is_null() {
        return fail(err, E_NO_MEMORY, "no memory for the closes");
    }
    OK
}

unsafe extern "C" fn lookback(this: *const c_void, bar_length: i64) -> i64 {
    (*this.cast::<PLUGIN_NAME>()).length.saturating_mul(bar_length)
}

unsafe fn on_bar(s: &mut PLUGIN_NAME, bar: &Bar, out: &Out) {
    let was_long = s.state.is_long;
    let place = s.closes.add((s.state.count % s.length.max(1) as u64) as usize);

    s.state.sum = s.state.sum.wrapping_add(bar.close).wrapping_sub(*place);
    *place = bar.close;
    s.state.count = s.state.count.wrapping_add(1);
    if s.state.count < s.length as u64 {
        return;
    }
    // Exact: the sum is an integer, so multiply instead of dividing.
    let is_above = bar.close as i128 * s.length as i128 > s.state.sum as i128;
    s.state.is_long = is_above as i64;
    if s.state.is_long != was_long {
        let target = Target {
            size: size_of::<Target>() as u32,
            kind: 2,
            instrument: bar.hdr.instrument,
            rsv0: 0,
            qty: if is_above { s.lots } else { 0 },
            stop_loss: 0,
            take_profit: 0,
        };
        (out.push)(out.ctx, addr_of!(target));
    }
}

unsafe extern "C" fn on_event(this: *mut c_void, event: *const Event, out: *const Out) -> i32 {
    if (*event).kind == 1 {
        on_bar(&mut *this.cast(), &*event.cast(), &*out);
    }
    OK
}

/// The length first, so that a state of another length is refused.
unsafe extern "C" fn save(this: *const c_void, to: *const Stream, err: *mut Err) -> i32 {
    let s = &*this.cast::<PLUGIN_NAME>();
    if put(&*to, addr_of!(s.length).cast(), 8)
        && put(&*to, addr_of!(s.state).cast(), size_of::<State>())
        && put(&*to, s.closes.cast(), s.length as usize * 8)
    {
        return OK;
    }
    fail(err, E_IO, "the state could not be written")
}

unsafe extern "C" fn load(
    this: *mut c_void,
    schema: u32,
    from: *const Stream,
    err: *mut Err,
) -> i32 {
    if schema > SCHEMA {
        return fail(err, E_TOO_NEW, "a state of a later build");
    }
    let s = &mut *this.cast::<PLUGIN_NAME>();
    let mut length = 0i64;
    if get(&*from, (&mut length as *mut i64).cast(), 8)
        && length == s.length
        && get(&*from, (&mut s.state as *mut State).cast(), size_of::<State>())
        && get(&*from, s.closes.cast(), s.length as usize * 8)
    {
        return OK;
    }
    fail(err, E_DAMAGED, "the state is cut short, or of another length")
}

// ------------------------------------------------------------------ the class

const fn text(s: &'static str) -> *const u8 {
    s.as_ptr()
}

static PARAMS: Shared<[Param; 2]> = Shared([
    Param {
        size: size_of::<Param>() as u32,
        kind: 1, // QN_PARAM_TYPE_I64
        flags: 0,
        offset: offset_of!(PLUGIN_NAME, length) as u32,
        key: text("length\0"),
        unit: text("bars\0"),
        doc: text("bars that the average is made of\0"),
        def: text("20\0"),
        min: text("2\0"),
        max: text("10000\0"),
        search: [text("5\0"), text("200\0"), text("5\0")],
        labels: null(),
        since: null(),
        replaced: null(),
    },
    Param {
        size: size_of::<Param>() as u32,
        kind: 7, // QN_PARAM_TYPE_DECIMAL
        flags: 4, // QN_PARAM_LIVE
        offset: offset_of!(PLUGIN_NAME, qty) as u32,
        key: text("qty\0"),
        unit: text("units\0"),
        doc: text("position to hold, from the next entry on\0"),
        def: text("1\0"),
        min: text("0\0"),
        max: null(),
        search: [null(), null(), null()],
        labels: null(),
        since: null(),
        replaced: null(),
    },
]);

static STRATEGY: Strategy = Strategy {
    size: size_of::<Strategy>() as u32,
    rsv0: 0,
    on_event,
    lookback,
};

static CLASS: Shared<Class> = Shared(Class {
    size: size_of::<Class>() as u32,
    flags: 0,
    id: text("strategy/PLUGIN_NAME\0"),
    kind: text("qn.strategy/1\0"),
    version: text("1.0.0\0"),
    license: text("MIT\0"),
    name: text("PLUGIN_NAME\0"),
    doc: text("Long while the close stands above its average.\0"),
    needs: null(),
    params: Table { rows: addr_of!(PARAMS).cast(), nrows: 2, stride: size_of::<Param>() as u32 },
    exts: Table { rows: null(), nrows: 0, stride: 0 },
    table: addr_of!(STRATEGY),
    instance_size: size_of::<PLUGIN_NAME>() as u32,
    instance_align: align_of::<PLUGIN_NAME>() as u32,
    schema: SCHEMA,
    schema_min: 1,
    create,
    destroy: null(),
    save,
    load,
});

static CLASSES: Shared<[*const Class; 1]> = Shared([addr_of!(CLASS).cast()]);
static MODULE: Shared<Module> = Shared(Module {
    size: size_of::<Module>() as u32,
    abi: QN_ABI,
    classes: addr_of!(CLASSES).cast(),
    nclasses: 1,
    rsv0: 0,
});

#[no_mangle]
pub extern "C" fn qn_plugin_entry(host_abi: u32) -> *const Module {
    let fits = host_abi >> 16 == QN_ABI >> 16 && host_abi >= QN_ABI;
    if fits { addr_of!(MODULE).cast() } else { null() }
}

// The note that the host reads before it runs any of this: id, kind, version and license.
const TEXT: &[u8] = b"strategy/PLUGIN_NAME\0qn.strategy/1\01.0.0\0MIT\0";

#[repr(C, align(4))]
struct Note {
    owner_size: u32,
    desc_size: u32,
    kind: u32,
    owner: [u8; 8],
    head: [u32; 4],
    classes: [u8; TEXT.len()],
}

const fn bytes_of<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = text[i];
        i += 1;
    }
    out
}

#[used]
#[link_section = ".note.quoin.plugin"]
static NOTE: Note = Note {
    owner_size: 6,
    desc_size: 16 + TEXT.len() as u32,
    kind: 1,
    owner: *b"QUOIN\0\0\0",
    head: [QN_ABI, 1, 0, 1], // a pure module of one class
    classes: bytes_of(TEXT),
};
