// RUN: moec-opt %s --moec-kernel-abi --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: llvm.func @k(%[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr) attributes {kernel.blocks = 3 : i64, kernel.function, kernel.scratch = 64 : i64}
// CHECK:   %[[P0:.*]] = llvm.getelementptr %[[ARGS]][0]
// CHECK:   %[[A0:.*]] = llvm.load %[[P0]]
// CHECK:   %[[P1:.*]] = llvm.getelementptr %[[ARGS]][1]
// CHECK:   %[[A1:.*]] = llvm.load %[[P1]]
// CHECK:   llvm.call @k.body(%[[A0]], %[[A1]], %[[BEGIN]], %[[END]], %[[SCRATCH]])
// CHECK: llvm.func internal @k.body(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
llvm.func @k(%in: !llvm.ptr, %out: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr)
    attributes {kernel.function, kernel.blocks = 3 : i64, kernel.scratch = 64 : i64} {
  llvm.return
}

// An attribute of a dialect that nobody knows stays where it is.
// CHECK: llvm.func @unknown({{.*}}) attributes {kernel.function}
// CHECK: llvm.func internal @unknown.body({{.*}}) attributes {kenel.scratch = 64 : i64}
llvm.func @unknown(%begin: i64, %end: i64, %scratch: !llvm.ptr) attributes {kernel.function, kenel.scratch = 64 : i64} {
  llvm.return
}

// A function that is no kernel stays as it is.
// CHECK: llvm.func @other()
llvm.func @other() {
  llvm.return
}

// -----

// expected-error @+1 {{is marked kernel.function, so it must have a body and arguments that end with (i64, i64, !llvm.ptr)}}
llvm.func @short(%begin: i64, %scratch: !llvm.ptr) attributes {kernel.function} {
  llvm.return
}

// -----

// expected-error @+1 {{so it must have a body}}
llvm.func @declared(i64, i64, !llvm.ptr) attributes {kernel.function}
