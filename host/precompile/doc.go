// Package precompile holds the native functions that guests reach by host calls 0x0064_00xx.
//
// Each is a pure function of its arguments whose acceptance set is written in
// docs/spec/precompiles.md and pinned by fixtures/vectors/precompile; none may call a library entry
// point that accepts anything else. Bytes that do not decode are refused, never a panic.
//
// Encodings are our own, of fixed size and big endian, so that no library's serialisation is part
// of consensus:
//   - A field element is canonical: below the field's modulus.
//   - A point is its affine coordinates x ‖ y, on the curve and in the subgroup of prime order; a
//     coordinate in the quadratic extension is imaginary part ‖ real part. Infinity is all zeros.
//   - A scalar that multiplies a point is any 32 bytes and is reduced; a Groth16 input is a
//     canonical element of the scalar field.
//
// It is not the host: it knows no guest memory and no gas. Its callers bound all counts by the
// limits of this package before they call.
package precompile
