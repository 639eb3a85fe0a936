package normuon.job.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a setting, or a section of them, that may differ when a run is resumed: it says how a run
 * is executed or watched, and changes its results by no more than rounding. Every other setting is
 * part of what a run is.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
@interface MayChangeOnResume {}
