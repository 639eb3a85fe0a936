package normuon.job.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The numbers that a setting may take, in the usual notation: {@code [1, )} is 1 and more, {@code
 * (0, 1)} is everything between, without the ends.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
@interface Interval {

  /** The interval; a missing end is unbounded. */
  String value();
}
