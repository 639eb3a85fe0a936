"""Retrains a line of models every night: prepares the new rows, trains and judges, tells people.

Put this file into Airflow's DAG folder (Airflow 2.4 or newer, apache-airflow-providers-apache-spark)
and set the variables below. Exit codes of `normuon retrain`: 0 PROMOTED, PREPARED or NO_NEW_DATA,
2 INVALID_CONFIG, 3 DIVERGED, 4 NOT_PROMOTED, 75 RETRYABLE. Running it again is always safe: what was
broken off goes on, and what was decided stays decided.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import Variable
from airflow.operators.python import PythonOperator
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

HOME = Variable.get("normuon_home", default_var="/opt/normuon")
CONFIG = Variable.get("normuon_config", default_var=f"{HOME}/conf/retrain.yaml")

SUBMIT = {
    "conn_id": "spark_default",
    "application": f"{HOME}/spark-job/target/normuon-spark-job.jar",
    "java_class": "normuon.job.Main",
    "jars": "{{ ti.xcom_pull(task_ids='list_jars') }}",
    "env_vars": {"DJL_OFFLINE": "true"},
    "verbose": False,
}


def list_jars():
    """The libraries that `submit/normuon build` left beside the job's jar."""
    from pathlib import Path

    return ",".join(sorted(str(jar) for jar in Path(HOME, "spark-job/target/lib").glob("*.jar")))


def notify(**context):
    """Logs how the night ended; send it to people here."""
    states = {ti.task_id: ti.state for ti in context["dag_run"].get_task_instances()}
    print(f"normuon_retrain {context['ds']}: {states}; details in status.json of retrain.directory")


with DAG(
    dag_id="normuon_retrain",
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # a late run takes all rows since
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
) as dag:
    jars = PythonOperator(task_id="list_jars", python_callable=list_jars)

    # Its own application, so that it may run with the RAPIDS plugin; training must not.
    prepare = SparkSubmitOperator(
        task_id="prepare",
        name="normuon-prepare",
        application_args=["retrain", "--prepare", "--config", CONFIG],
        execution_timeout=timedelta(hours=4),
        **SUBMIT,
    )

    retrain = SparkSubmitOperator(
        task_id="retrain",
        name="normuon-retrain",
        properties_file=f"{HOME}/conf/cluster.conf",
        application_args=["retrain", "--config", CONFIG],
        execution_timeout=timedelta(hours=20),
        **SUBMIT,
    )

    told = PythonOperator(task_id="notify", python_callable=notify, trigger_rule="all_done")

    jars >> prepare >> retrain >> told
