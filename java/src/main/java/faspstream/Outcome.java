package faspstream;

import faspstream.internal.NativeFailure;

/** How a session ended: with a receipt or with a failure. Immutable. */
final class Outcome {
    final Receipt receipt;
    final NativeFailure failure;
    final Diagnosis diagnosis;
    /** The flight recorder at the end, null unless the session failed. */
    final byte[] recording;
    /** True if this end wanted it: {@code close()} or {@code abort()}. */
    final boolean isLocal;

    private Outcome(Receipt receipt, NativeFailure failure, Diagnosis diagnosis, byte[] recording, boolean isLocal) {
        this.receipt = receipt;
        this.failure = failure;
        this.diagnosis = diagnosis;
        this.recording = recording;
        this.isLocal = isLocal;
    }

    static Outcome completed(Receipt receipt) {
        return new Outcome(receipt, null, null, null, false);
    }

    static Outcome failed(NativeFailure failure, Diagnosis diagnosis, byte[] recording) {
        return new Outcome(null, failure, diagnosis, recording, false);
    }

    static Outcome ended(ErrorCode code, long bytesDelivered, String message) {
        NativeFailure failure = new NativeFailure(code.number(), code.retryable(), bytesDelivered, message);
        return new Outcome(null, failure, null, null, true);
    }

    /** A new exception with the stack of the caller. */
    FaspException exception() {
        return new FaspException(failure, diagnosis, recording);
    }

    Receipt receiptOrThrow() throws FaspException {
        if (receipt == null) {
            throw exception();
        }
        return receipt;
    }
}
