"""A batch's rows on their way out."""

from pathlib import Path

from assay.client.batch import Batch, BatchModel
from assay.client.batch_figures import BatchFigures
from assay.client.bodies import Progress
from assay.client.datasets import Datasets
from assay.client.errors import Ambiguous, FileUnusable
from assay.client.exports import Export, Exports, Form
from assay.client.paging import Pages
from assay.client.transport import path_of


class BatchExports(BatchFigures):
    """The part of ``client.batches`` that writes rows to files."""

    def export(
        self,
        batch: Batch,
        path: str | Path,
        *,
        form: Form | None = None,
        actuals: bool = False,
        model_id: str | None = None,
        progress: Progress | None = None,
    ) -> Export:
        """Write the batch's prediction rows, with their features, to a file.

        The server keeps no copy of the file. `client.exports` has exports by time and those of actuals.

        Parameters
        ----------
        batch : Batch
        path : str or Path
            A file that is there is replaced.
        form : str, optional
            ``csv`` or ``parquet``; by the end of the file's name, and else ``csv``, when left out.
        actuals : bool, default False
            Whether the outcomes stand beside the predictions.
        model_id : str, optional
            Needed only when the batch holds rows of several models.
        progress : callable, optional
            Told again and again how many bytes of how many have come.

        Returns
        -------
        Export

        Raises
        ------
        FileUnusable
            When the file cannot be written.
        Ambiguous
            When the batch holds rows of several models and none is named.
        Refused
            When the deployment keeps no rows.
        AssayClientError
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileUnusable(f"Cannot write '{path}': there is no folder '{path.parent}'.")
        exports = Exports(self._transport, Datasets(self._transport))
        made = exports.predictions(
            batch.deployment_id,
            batches=[batch],
            model_id=model_id or self._only_model(batch),
            form=form or ("parquet" if path.suffix.lower() in {".parquet", ".pq"} else "csv"),
            actuals=actuals,
        )
        exports.download(made, path, progress=progress, keep=False)
        # As it stands now, without the data set.
        return exports.get(batch.deployment_id, "prediction", made.id)

    def _only_model(self, batch: Batch) -> str | None:
        path = path_of("deployments", batch.deployment_id, "monitoringBatches", batch.id, "models")
        ids = [model.model_id for model in Pages(self._transport, path, {}, BatchModel.of)]
        if len(ids) > 1:
            raise Ambiguous(f"Batch '{batch.name}' holds rows of several models: {', '.join(ids)}. Say which one.")
        return ids[0] if ids else None
