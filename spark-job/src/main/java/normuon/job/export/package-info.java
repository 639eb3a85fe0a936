/** The way of trained models out into folders that Hugging Face's libraries load. */
package normuon.job.export;
