# frozen_string_literal: true

class LlmRouter
  module Database
    # A budget on SQLite was used inside an open transaction. Nothing was read, made or charged. The
    # charge would be lost with the transaction, and while that has the file no one else can write.
    class InsideTransaction < Error; end

    # The row stayed locked. Nothing was charged: charge it again after the transaction.
    class RowLocked < Error; end

    # The tables are not there: they were not migrated. Nothing was reserved or charged.
    class TablesMissing < Error; end
  end
end
