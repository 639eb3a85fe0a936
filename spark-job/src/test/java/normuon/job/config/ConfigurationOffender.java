package normuon.job.config;

import normuon.job.report.Status;

/** Looks up the list of packages; the architecture rules must find it. */
public final class ConfigurationOffender {

  private ConfigurationOffender() {}

  static String status() {
    return Status.SUCCEEDED.name();
  }
}
