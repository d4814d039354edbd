package faspstream;

import faspstream.internal.NativeFailure;

/** How a session ended: with a receipt or with a failure. Immutable. */
final class Outcome {
    final Receipt receipt;
    final NativeFailure failure;
    final Diagnosis diagnosis;
    /** True if this end wanted it: {@code close()} or {@code abort()}. */
    final boolean isLocal;

    private Outcome(Receipt receipt, NativeFailure failure, Diagnosis diagnosis, boolean isLocal) {
        this.receipt = receipt;
        this.failure = failure;
        this.diagnosis = diagnosis;
        this.isLocal = isLocal;
    }

    static Outcome completed(Receipt receipt) {
        return new Outcome(receipt, null, null, false);
    }

    static Outcome failed(NativeFailure failure, Diagnosis diagnosis) {
        return new Outcome(null, failure, diagnosis, false);
    }

    static Outcome ended(ErrorCode code, long bytesDelivered, String message) {
        NativeFailure failure = new NativeFailure(code.number(), code.retryable(), bytesDelivered, message);
        return new Outcome(null, failure, null, true);
    }

    /** A new exception with the stack of the caller. */
    FaspException exception() {
        return new FaspException(failure, diagnosis);
    }

    Receipt receiptOrThrow() throws FaspException {
        if (receipt == null) {
            throw exception();
        }
        return receipt;
    }
}
