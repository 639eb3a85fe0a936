package normuon.job.comm;

import normuon.job.report.Status;

/** Looks at a sibling; the architecture rules must find it. */
public final class CommunicationOffender {

  private CommunicationOffender() {}

  static String status() {
    return Status.SUCCEEDED.name();
  }
}
