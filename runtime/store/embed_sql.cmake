# cmake -DOUTPUT=x.cpp -DFILES=001_a.sql;002_b.sql -P embed_sql.cmake
#   Writes the migrations into a C++ source, so that the binary needs no file beside it.
set(text "#include \"runtime/store/migrations.hpp\"\n\nnamespace troupe::store {\n\n")
string(APPEND text "std::span<const Migration> migrations() {\n  static constexpr Migration all[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  string(REGEX MATCH "^[0-9]+" number ${name})
  math(EXPR version "${number}") # 001 is no octal number
  string(REGEX REPLACE "^[0-9]+_" "" name ${name})
  file(READ ${file} sql)
  string(APPEND text "      {${version}, \"${name}\", R\"troupe_sql(${sql})troupe_sql\"},\n")
endforeach()
string(APPEND text "  };\n  return all;\n}\n\n} // namespace troupe::store\n")
file(WRITE ${OUTPUT} "${text}")
