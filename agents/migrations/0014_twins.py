from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("agents", "0013_budgets_of_swarms")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="twin",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
