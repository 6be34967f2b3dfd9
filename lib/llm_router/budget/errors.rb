# frozen_string_literal: true

class LlmRouter
  module Budget
    # See {Database::InsideTransaction}.
    InsideTransaction = Database::InsideTransaction
    # See {Database::RowLocked}.
    RowLocked = Database::RowLocked
    # See {Database::TablesMissing}.
    TablesMissing = Database::TablesMissing

    # The row is not there: deleted, never saved, or made in a transaction that is still open.
    # Nothing was charged.
    class RowMissing < Error; end
  end
end
